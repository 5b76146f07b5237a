resource "aws_security_group" "web" {
  name        = "web"
  description = "web"
  ingress {
    description = "office"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["198.51.100.0/24"]
  }
}

resource "aws_security_group" "db" {
  name        = "db"
  description = "db"
}

resource "aws_security_group_rule" "db" {
  security_group_id        = aws_security_group.db.id
  type                     = "ingress"
  from_port                = 5432
  to_port                  = 5432
  protocol                 = "tcp"
  source_security_group_id = aws_security_group.web.id
}

resource "aws_security_group_rule" "gone" {
  security_group_id = aws_security_group.db.id
  type              = "ingress"
  from_port         = 22
  to_port           = 22
  protocol          = "tcp"
  cidr_blocks       = ["203.0.113.0/24"]
}
