"""What the lake holds: status, verification, garbage. No request is made here."""
