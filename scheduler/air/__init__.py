"""What the air calls for: index standards and level rule sets as dated data, and the advice."""
