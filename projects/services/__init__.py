"""The write path of projects: every change of a project, its members and its jobs."""
