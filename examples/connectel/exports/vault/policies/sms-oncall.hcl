path "transit/decrypt/sms-*" {
  capabilities = ["update"]
}
