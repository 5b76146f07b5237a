"""What stands in the sources of other tools, with places: read exactly, and changed by patches that are proven before they are shown."""
