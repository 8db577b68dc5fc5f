"""What each process of an installation does until it is told to stop. One file a role."""
