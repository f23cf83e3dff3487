# Two roles for GitHub's workflows, without a key that could leak: one that looks, one that changes.

locals {
  has_github = var.github_repo != null
  subject    = coalesce(var.github_subject, "repo:${coalesce(var.github_repo, "none")}")
  contexts   = { plan = var.plan_contexts, deploy = var.deploy_contexts }
  issuer     = "token.actions.githubusercontent.com"
  arn        = "arn:${data.aws_partition.current.partition}"
  state_arn  = "${local.arn}:s3:::game-market-state-${var.account_id}"
  roles      = toset(local.has_github ? keys(local.contexts) : [])
  policies   = { plan = data.aws_iam_policy_document.plan.json, deploy = data.aws_iam_policy_document.deploy.json }
}

data "aws_partition" "current" {}

resource "aws_iam_openid_connect_provider" "github" {
  count          = local.has_github && !var.github_provider_exists ? 1 : 0
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "assume" {
  #checkov:skip=CKV_AWS_358:The subject is given whole, by variables that Checkov does not resolve; terraform test reads it
  for_each = local.contexts

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = ["${local.arn}:iam::${var.account_id}:oidc-provider/${local.issuer}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals" # never StringLike: a wildcard lets any branch of any fork in
      variable = "${local.issuer}:sub"
      values   = [for context in sort(each.value) : "${local.subject}:${context}"]
    }
  }
}

# Beside AWS' own ReadOnlyAccess: the lock, which even a plan takes. (ReadOnlyAccess reads no secret's value.)
data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "LockState"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.state_arn}/*.tflock"]
  }
}

# What infra/aws makes, by its names. The network has no names before it is there: in this account's region only.
data "aws_iam_policy_document" "deploy" {
  #checkov:skip=CKV_AWS_111:The network's resources have no names of ours; the region is a condition
  #checkov:skip=CKV_AWS_356:Likewise
  #checkov:skip=CKV_AWS_109:It makes the stages' roles, by their names and within the boundary
  #checkov:skip=CKV_AWS_107:ecr:GetAuthorizationToken, to push images
  statement {
    sid       = "ChangeState"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.state_arn}/*"]
  }
  statement {
    sid       = "ListState"
    actions   = ["s3:ListBucket"]
    resources = [local.state_arn]
  }
  statement {
    sid     = "ManageByName"
    actions = ["cloudwatch:*", "ecr:*", "logs:*", "scheduler:*", "sns:*", "sqs:*", "states:*"]
    resources = [for service, resource in {
      cloudwatch = "alarm:game-market-*"
      ecr        = "repository/game-market-*"
      logs       = "log-group:/game-market-*"
      scheduler  = "schedule/default/game-market-*"
      sns        = "game-market-*"
      sqs        = "game-market-*"
      states     = "stateMachine:game-market-*"
    } : "${local.arn}:${service}:${local.here}:${resource}"]
  }
  statement {
    sid     = "ManageTasks"
    actions = ["ecs:*"]
    resources = [
      for resource in ["cluster/game-market-*", "task-definition/game-market-*"] :
      "${local.arn}:ecs:${local.here}:${resource}"
    ]
  }
  statement {
    sid       = "ManageBudget"
    actions   = ["budgets:ModifyBudget", "budgets:ViewBudget", "budgets:TagResource", "budgets:UntagResource", "budgets:ListTagsForResource"]
    resources = ["${local.arn}:budgets::${var.account_id}:budget/game-market-*"]
  }
  statement {
    sid       = "ManageLake" # its settings: no action on an object is among them
    actions   = ["s3:CreateBucket", "s3:DeleteBucket", "s3:Get*Configuration", "s3:GetBucket*", "s3:ListBucket", "s3:Put*Configuration", "s3:PutBucket*", "s3:DeleteBucketPolicy", "s3:GetAccelerateConfiguration"]
    resources = ["${local.arn}:s3:::game-market-*-lake-${var.account_id}"]
  }
  statement {
    sid       = "ManageSecretsButTheirValues"
    actions   = ["secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret"]
    resources = ["${local.arn}:secretsmanager:${local.here}:secret:game-market-*"]
  }
  statement {
    sid       = "MakeRolesWithinTheBoundary" # nothing lifts it: neither its removal nor a change of it is among the actions
    actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = local.own_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }
  }
  statement {
    sid = "ManageRoles"
    actions = [
      "iam:DeleteRole", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
    ]
    resources = local.own_roles
  }
  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = local.own_roles
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"]
    }
  }
  statement {
    sid = "ManageNetworkAndLookAround"
    actions = [
      "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:AuthorizeSecurityGroupEgress", "ec2:CreateInternetGateway", "ec2:CreateRoute",
      "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint",
      "ec2:DeleteInternetGateway", "ec2:DeleteRoute", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags",
      "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints", "ec2:Describe*", "ec2:DetachInternetGateway", "ec2:DisassociateRouteTable", "ec2:ModifySecurityGroupRules",
      "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
      "ecr:GetAuthorizationToken", "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition", "logs:DescribeLogGroups",
      "states:ValidateStateMachineDefinition", "cloudwatch:DescribeAlarms",
    ]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }
}

resource "aws_iam_role" "github" {
  for_each           = local.roles
  name               = "game-market-github-${each.key}"
  description        = "Workflows of ${local.subject} that ${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume[each.key].json
}

resource "aws_iam_role_policy" "github" {
  for_each = local.roles
  name     = each.key
  role     = aws_iam_role.github[each.key].id
  policy   = local.policies[each.key]
}

resource "aws_iam_role_policy_attachment" "plan_reads" {
  count      = local.has_github ? 1 : 0
  role       = aws_iam_role.github["plan"].name
  policy_arn = "${local.arn}:iam::aws:policy/ReadOnlyAccess"
}
