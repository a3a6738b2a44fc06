"""FHIR R4 as it goes over the wire: whether a resource is valid, and what is wrong with it."""
