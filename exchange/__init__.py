"""The world outside: senders, the document axis, open API, calendars."""
