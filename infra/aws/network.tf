# A batch of minutes a day: public subnets without a way in. A NAT gateway would cost more than all the rest.

data "aws_availability_zones" "this" {
  #checkov:skip=CKV_AWS_394:The first two by name are taken, and a new zone comes after them
  state = "available"
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:Tasks of minutes that nobody can connect to; flow logs would cost more than they do
  cidr_block           = "10.20.0.0/24"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = local.prefix }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = local.prefix }
}

resource "aws_subnet" "public" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.this.names[count.index]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 2, count.index)
  tags              = { Name = "${local.prefix}-${count.index + 1}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
  tags = { Name = local.prefix }
}

resource "aws_route_table_association" "public" {
  count          = length(aws_subnet.public)
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

# Traffic to the lake stays within AWS, and is free.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.public.id]
  tags              = { Name = "${local.prefix}-s3" }
}

resource "aws_security_group" "stages" {
  #checkov:skip=CKV2_AWS_5:The state machine attaches it to each task that it starts
  name        = "${local.prefix}-stages"
  description = "The stages: out by https, and nothing in"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.stages.id
  description       = "APIs, registry, logs, secrets, Snowflake"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

# The VPC's own group lets members talk to each other unless its rules are taken away. Nothing uses it.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}
