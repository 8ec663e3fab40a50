"""Visit records: their schema, the store, import, live feed and export."""
