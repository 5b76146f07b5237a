module "role" {
  source   = "./role"
  for_each = toset(["a", "c"])
  name     = "app-${each.key}"
  key      = aws_kms_key.common.arn
  bucket   = "data-${each.key}"
}

moved {
  from = aws_kms_key.shared
  to   = aws_kms_key.common
}

resource "aws_kms_key" "common" {
  enable_key_rotation = true
}

resource "aws_iam_role_policy" "more" {
  name   = "more"
  role   = module.role["c"].role
  policy = module.role["c"].document
}

resource "aws_iam_policy" "of" {
  for_each = toset(["x", "y"])
  name     = "of-${each.key}"
  policy   = module.role["a"].document
}

resource "aws_iam_role_policy_attachment" "of" {
  for_each   = aws_iam_policy.of
  role       = module.role["a"].role
  policy_arn = each.value.arn
}

resource "terraform_data" "note" {
  input = "CANARY-input"
}
