path "kv/data/cdr/*" {
  capabilities = ["read"]
}

# left from the migration
path "kv/data/+/database" {
  capabilities = ["read", "update"]
}
