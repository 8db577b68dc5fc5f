CREATE OR REPLACE VIEW refused_of AS
SELECT * FROM refused WHERE project = {project:String} AND expires_at > today()
