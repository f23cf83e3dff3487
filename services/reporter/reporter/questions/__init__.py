"""The questions: a module and a SQL file each."""
