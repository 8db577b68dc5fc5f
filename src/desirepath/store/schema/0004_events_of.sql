-- The only way reports read events: a report cannot forget whose data it reads.
CREATE OR REPLACE VIEW events_of AS
SELECT * FROM events WHERE project = {project:String} AND expires_at > today()
