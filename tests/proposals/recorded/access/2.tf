# What is proposed: a policy is changed, a role is made, another goes, the user leaves its group, one more attachment and a boundary.
variable "session_secret" {
  default   = "CANARY-variable"
  sensitive = true
}

data "aws_iam_policy_document" "new" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
  }
  statement {
    effect    = "Deny"
    actions   = ["s3:DeleteObject"]
    resources = ["*"]
    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["build"]
    }
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.ci.arn, aws_iam_user.kim.arn]
    }
  }
}

resource "aws_s3_bucket" "logs" {
  bucket = "new-logs"
}

resource "aws_iam_policy" "read" {
  name   = "read-logs"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::logs/*" }] })
}

resource "aws_iam_policy" "limit" {
  name   = "limit"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}

resource "aws_iam_policy" "made" {
  name   = "made"
  policy = data.aws_iam_policy_document.new.json
}

resource "aws_iam_role" "ci" {
  name                 = "ci"
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
  permissions_boundary = aws_iam_policy.limit.arn
  tags                 = { team = "build", secret = "CANARY-tag" }
}

resource "aws_iam_role" "fresh" {
  name                = "fresh"
  path                = "/apps/"
  assume_role_policy  = data.aws_iam_policy_document.trust.json
  managed_policy_arns = [aws_iam_policy.read.arn]
  inline_policy {
    name   = "both"
    policy = data.aws_iam_policy_document.new.json
  }
}

resource "aws_iam_role_policy" "own" {
  name   = "own"
  role   = aws_iam_role.ci.id
  policy = aws_iam_policy.read.policy
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.ci.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy_attachment" "made" {
  for_each   = toset(["ci"])
  role       = each.key
  policy_arn = aws_iam_policy.made.arn
}

resource "aws_iam_user" "kim" {
  name = "kim"
}

resource "aws_iam_user" "new" {
  count = 2
  name  = "new-${count.index}"
}

resource "aws_iam_group" "admins" {
  name = "admins"
}

resource "aws_iam_group_membership" "new" {
  name  = "new"
  group = aws_iam_group.admins.name
  users = aws_iam_user.new[*].name
}

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.admins.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_user_policy" "kim" {
  name   = "own"
  user   = aws_iam_user.kim.name
  policy = aws_iam_policy.read.policy
}
