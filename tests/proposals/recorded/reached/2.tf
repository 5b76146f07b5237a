resource "aws_security_group" "web" {
  name        = "web"
  description = "web"
  ingress {
    description = "office"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["198.51.100.0/24", "0.0.0.0/0"]
  }
  ingress {
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    ipv6_cidr_blocks = ["2001:db8::/32"]
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

resource "aws_ec2_managed_prefix_list" "offices" {
  name           = "offices"
  address_family = "IPv4"
  max_entries    = 5
  entry {
    cidr        = "198.51.100.0/25"
    description = "upper"
  }
  entry {
    cidr = "192.0.2.0/24"
  }
}

resource "aws_security_group" "fresh" {
  name        = "fresh"
  description = "fresh"
}

resource "aws_security_group_rule" "list" {
  security_group_id = aws_security_group.fresh.id
  type              = "ingress"
  from_port         = 8000
  to_port           = 8080
  protocol          = "tcp"
  prefix_list_ids   = [aws_ec2_managed_prefix_list.offices.id]
}

resource "aws_security_group_rule" "self" {
  security_group_id = aws_security_group.fresh.id
  type              = "ingress"
  from_port         = 0
  to_port           = 65535
  protocol          = "tcp"
  self              = true
}
