"""ICD-10-CM: which codes fit a problem as a doctor words it. The tables (public domain) come in a wheel."""
