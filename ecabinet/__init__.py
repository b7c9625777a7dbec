"""The building: what every room of e-Cabinet stands on."""
