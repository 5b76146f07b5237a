path "transit/encrypt/sms-*" {
  capabilities = ["update"]
}

path "transit/decrypt/sms-*" {
  capabilities = ["update"]
}
