"""Which kinds of resources nobody lets pass unseen, and which are about nothing that is judged."""

from __future__ import annotations

import pytest

from guardrails.proposals.concern import is_of_concern


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("aws_lambda_function_url", {"authorization_type", "function_name"}),
        ("aws_api_gateway_method", {"authorization", "http_method"}),
        ("aws_apigatewayv2_route", {"authorization_type"}),
        ("aws_appsync_graphql_api", {"authentication_type"}),
        ("aws_db_cluster_snapshot", {"shared_accounts"}),
        ("aws_lambda_invocation", {"input"}),
        ("aws_ecs_task_definition", {"task_role_arn"}),
        ("aws_msk_cluster", {"client_authentication"}),
        ("custom_thing", set()),
        ("ldap_entry", {"dn", "data_json"}),
        ("netbox_prefix", {"prefix", "status"}),
        ("netbox_available_ip_address", {"prefix_id"}),
        ("ad_computer", {"name"}),
        ("aws_s3_bucket_replication_configuration", {"bucket", "role", "rule"}),
        ("aws_ec2_client_vpn_authorization_rule", {"authorize_all_groups"}),
        ("aws_ecrpublic_repository", {"repository_name"}),
        ("aws_emr_cluster", {"service_role"}),
        ("aws_rolesanywhere_profile", {"role_arns"}),
        ("aws_lakeformation_data_lake_settings", {"admins"}),
        ("aws_sqs_queue", {"policy"}),
    ],
)
def test_what_could_open_something_or_run_a_program_is_told(kind, attributes):
    """Of most of them nobody heard: they were counted as about nothing that is judged, prefixes of the inventory among them."""
    assert is_of_concern(kind, attributes)


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("aws_cloudwatch_log_group", {"name", "retention_in_days"}),
        ("aws_cloudwatch_metric_alarm", {"alarm_name", "threshold"}),
        ("aws_instance", {"ami", "instance_type", "tags"}),
        ("random_password", {"length"}),
        ("null_resource", {"triggers"}),
        ("aws_route53_record", {"name", "records"}),
        ("aws_autoscaling_group", {"max_size"}),
    ],
)
def test_what_is_about_nothing_that_is_judged_is_left_alone(kind, attributes):
    assert not is_of_concern(kind, attributes)
