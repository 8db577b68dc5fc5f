"""The nouns: event, project, visit. Structs only: no disk, no network, no clock."""
