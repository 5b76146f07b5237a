"""What connector authors and the demo need: servers on loopback, started and stopped by whoever asks."""
