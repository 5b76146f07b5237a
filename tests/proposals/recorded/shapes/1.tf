# What cannot be told before it is made, or is told in a way of its own. Nothing is there before but a group.
resource "aws_security_group" "kept" {
  name        = "kept"
  description = "kept"
}
