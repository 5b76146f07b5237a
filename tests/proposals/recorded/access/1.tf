# What is so before: two roles, a user in a group, a managed policy, each managed by its own resource.
variable "session_secret" {
  default   = "CANARY-variable"
  sensitive = true
}

resource "aws_iam_policy" "read" {
  name   = "read-logs"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::logs/*" }] })
}

resource "aws_iam_policy" "limit" {
  name   = "limit"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}

resource "aws_iam_role" "ci" {
  name               = "ci"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
  tags               = { team = "build" }
}

resource "aws_iam_role" "old" {
  name               = "old"
  assume_role_policy = aws_iam_role.ci.assume_role_policy
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

resource "aws_iam_user" "kim" {
  name = "kim"
}

resource "aws_iam_group" "admins" {
  name = "admins"
}

resource "aws_iam_user_group_membership" "kim" {
  user   = aws_iam_user.kim.name
  groups = [aws_iam_group.admins.name]
}

resource "aws_iam_user_policy" "kim" {
  name   = "own"
  user   = aws_iam_user.kim.name
  policy = aws_iam_policy.read.policy
}
