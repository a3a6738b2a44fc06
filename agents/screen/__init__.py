"""What is looked at before a message is understood: dangers, language, attempts to steer the software. Rules only."""
