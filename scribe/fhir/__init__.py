"""A note as a FHIR R4 document."""
