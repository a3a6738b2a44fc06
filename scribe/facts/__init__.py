"""What a note says, as structured data: measurements, medications, allergies, orders, problems."""
