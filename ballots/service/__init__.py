"""One function for each thing a person does here, in files named after the verbs."""
