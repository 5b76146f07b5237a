removed {
  from = aws_security_group.kept
  lifecycle {
    destroy = false
  }
}

variable "words" {
  default   = "CANARY-sensitive"
  sensitive = true
}

locals {
  topic = aws_sns_topic.alarms.arn
}

resource "aws_sns_topic" "alarms" {
  name = "alarms"
}

data "aws_iam_policy_document" "both" {
  statement {
    actions   = ["sns:Publish"]
    resources = [local.topic]
  }
}

resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_iam_role_policy" "hidden" {
  name   = "hidden"
  role   = aws_iam_role.app.id
  policy = data.aws_iam_policy_document.both.json
}

resource "aws_iam_role_policy" "encoded" {
  name   = "encoded"
  role   = aws_iam_role.app.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sns:Publish", Resource = aws_sns_topic.alarms.arn }] })
}

resource "aws_iam_role_policy" "sensitive" {
  name   = "sensitive"
  role   = aws_iam_role.app.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = var.words, Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}

resource "aws_security_group" "loop" {
  name        = "loop"
  description = "loop"
  dynamic "ingress" {
    for_each = toset([aws_sns_topic.alarms.arn])
    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

resource "aws_security_group" "known" {
  name        = "known"
  description = "known"
  dynamic "ingress" {
    for_each = toset(["192.0.2.0/24"])
    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = [ingress.key]
    }
  }
}

resource "aws_s3_bucket" "loop" {
  bucket = "loop"
  dynamic "server_side_encryption_configuration" {
    for_each = toset([aws_sns_topic.alarms.arn])
    content {
      rule {
        apply_server_side_encryption_by_default {
          sse_algorithm = "AES256"
        }
      }
    }
  }
}
