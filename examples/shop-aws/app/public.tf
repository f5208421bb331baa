# An address without a password. Since October 2025 the function's policy has to allow two things to everybody:
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html

resource "aws_lambda_function_url" "shop" {
  function_name      = aws_lambda_function.shop.function_name
  authorization_type = "NONE"
}

# One: opening the address.
resource "aws_lambda_permission" "open_url" {
  statement_id           = "OpenUrl"
  function_name          = aws_lambda_function.shop.function_name
  principal              = "*"
  action                 = "lambda:InvokeFunctionUrl"
  function_url_auth_type = "NONE"
}

# Two: running the function, but only by way of its address; without that condition every AWS account could call
# it directly. The provider knows the condition since 6.29 (`invoked_via_function_url`), CloudFormation always has:
# by this stack it works with older providers as well.
resource "aws_cloudformation_stack" "run_by_url" {
  name = "${var.shop}-run-by-url"

  template_body = jsonencode({
    Resources = {
      RunByUrl = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          FunctionName          = aws_lambda_function.shop.function_name
          Principal             = "*"
          Action                = "lambda:InvokeFunction"
          InvokedViaFunctionUrl = true
        }
      }
    }
  })
}
