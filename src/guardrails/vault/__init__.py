"""What policies of Vault and OpenBao mean, for people who only want the proof. Nothing is contacted."""
