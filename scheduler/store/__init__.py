"""The store: tables, one repository per noun, and the migrations that build them."""
