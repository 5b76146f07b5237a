"""Ways to more permissions than one has, as data: what they take, what they are done to, and who wrote them down.

Only facts, in our own words. The sources are named for the reader: `AWS` is the Service Authorization Reference and the guide of the
service, `Rhino` the list of Rhino Security Labs (AWS IAM Privilege Escalation Methods), `Bishop Fox` their IAM Vulnerable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["WAYS", "Gain", "Need", "Way"]


class Gain(Enum):
    """What it is done to, and so what comes of it."""

    PASSED = "a role that is passed to a service"
    RUNNING = "a role that something of a service runs as already"
    OWN_USER = "the user itself"
    OWN_ROLE = "the role itself"
    OWN_GROUP = "a group of the user"
    OWN_POLICY = "a managed policy that it has"
    OWN_VERSION = "a version of a managed policy that it has"
    OWN_BOUNDARY = "its boundary"
    GROUP = "a group that it is not in"
    USER = "another user"
    ROLE = "another role"

    @property
    def is_anything(self) -> bool:
        """Whether it can give itself any permission so."""
        return self in {Gain.OWN_USER, Gain.OWN_ROLE, Gain.OWN_GROUP, Gain.OWN_POLICY}


@dataclass(frozen=True, slots=True)
class Need:
    """An action, and on what: a pattern with `{partition}` and `{account}`, `{target}` for what it is done to, or any of its own forms."""

    action: str
    on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way. To pass a role takes `iam:PassRole` on it as well, for `service`, which the role must trust.

    `supposes` is what must be there besides, and no export of IAM tells.
    """

    name: str
    gain: Gain
    needs: tuple[Need, ...]
    source: str
    service: str = ""
    supposes: str = ""


def _passed(service: str, *lists: tuple[str, ...], source: str = "AWS", supposes: str = "") -> tuple[Way, ...]:
    return tuple(
        Way(
            name=f"iam:PassRole with {_named(actions)}",
            gain=Gain.PASSED,
            needs=tuple(map(_need, actions)),
            service=service,
            source=source,
            supposes=supposes,
        )
        for actions in lists
    )


def _named(actions: tuple[str, ...]) -> str:
    return ", ".join(dict.fromkeys(_need(action).action for action in actions))


def _need(text: str) -> Need:
    action, _, on = text.partition(" ")
    return Need(action, on)


def _running(service: str, *actions: str, source: str, supposes: str) -> Way:
    needs = tuple(map(_need, actions))
    return Way(name=_named(actions), gain=Gain.RUNNING, needs=needs, service=service, source=source, supposes=supposes)


def _iam(action: str, gain: Gain, source: str = "Rhino", supposes: str = "") -> Way:
    return Way(name=f"iam:{action}", gain=gain, needs=(Need(f"iam:{action}", "{target}"),), source=source, supposes=supposes)


def _at(action: str, *kinds: str) -> tuple[str, ...]:
    """The action once for each kind of resource that it is always asked for."""
    service = action.partition(":")[0]
    return tuple(f"{action} arn:{{partition}}:{service}:?*:{{account}}:{kind}?*" for kind in kinds)


_INSTANCE = "arn:{partition}:ec2:?*:{account}:instance/?*"
_RUN = (
    *_at("ec2:RunInstances", "instance/", "network-interface/", "security-group/", "subnet/", "volume/"),
    "ec2:RunInstances arn:{partition}:ec2:?*::image/?*",
)
_BATCH = (*_at("batch:RegisterJobDefinition", "job-definition/"), *_at("batch:SubmitJob", "job-definition/", "job-queue/"))
_STACK_INSTANCES = _at("cloudformation:CreateStackInstances", "stackset/")
_DOCUMENT = "arn:{partition}:ssm:?*:*:document/?*"

WAYS: tuple[Way, ...] = (
    # a role that is passed
    *_passed(
        "lambda.amazonaws.com",
        ("lambda:CreateFunction", "lambda:InvokeFunction"),
        ("lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
        ("lambda:CreateFunction", "lambda:AddPermission"),
        source="Rhino",
    ),
    *_passed("lambda.amazonaws.com", ("lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode"), supposes="a function"),
    *_passed("ec2.amazonaws.com", _RUN, source="Rhino"),
    *_passed("ec2.amazonaws.com", ("ec2:AssociateIamInstanceProfile",), source="Bishop Fox", supposes="a running instance that it can use"),
    *_passed("ec2.amazonaws.com", ("ec2:ReplaceIamInstanceProfileAssociation",), supposes="a running instance that it can use"),
    *_passed(
        "ecs-tasks.amazonaws.com",
        ("ecs:RegisterTaskDefinition", "ecs:RunTask"),
        ("ecs:RegisterTaskDefinition", "ecs:StartTask"),
        ("ecs:RegisterTaskDefinition", "ecs:CreateService"),
        supposes="a cluster",
    ),
    *_passed("ecs-tasks.amazonaws.com", _BATCH, supposes="a job queue"),
    *_passed(
        "glue.amazonaws.com",
        ("glue:CreateDevEndpoint",),
        ("glue:CreateJob", "glue:StartJobRun"),
        ("glue:CreateJob", "glue:CreateTrigger"),
        ("glue:UpdateJob", "glue:StartJobRun"),
        ("glue:CreateSession", "glue:RunStatement"),
        source="Rhino",
    ),
    *_passed(
        "cloudformation.amazonaws.com",
        ("cloudformation:CreateStack",),
        ("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
        ("cloudformation:CreateStackSet", *_STACK_INSTANCES),
        source="Rhino",
    ),
    *_passed("cloudformation.amazonaws.com", ("cloudformation:UpdateStack",), supposes="a stack"),
    *_passed(
        "datapipeline.amazonaws.com",
        ("datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"),
        source="Rhino",
    ),
    *_passed(
        "sagemaker.amazonaws.com",
        ("sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
        _at("sagemaker:CreateTrainingJob", "training-job/"),
        ("sagemaker:CreateProcessingJob",),
        source="Bishop Fox",
    ),
    *_passed("codebuild.amazonaws.com", ("codebuild:CreateProject", "codebuild:StartBuild")),
    *_passed("codebuild.amazonaws.com", ("codebuild:UpdateProject", "codebuild:StartBuild"), supposes="a build project"),
    *_passed("codepipeline.amazonaws.com", ("codepipeline:CreatePipeline",)),
    *_passed("states.amazonaws.com", ("states:CreateStateMachine", "states:StartExecution")),
    *_passed("events.amazonaws.com", ("events:PutRule", "events:PutTargets")),
    *_passed("scheduler.amazonaws.com", ("scheduler:CreateSchedule",)),
    *_passed("ssm.amazonaws.com", ("ssm:StartAutomationExecution",)),
    *_passed("elasticmapreduce.amazonaws.com", ("elasticmapreduce:RunJobFlow",)),
    *_passed("emr-serverless.amazonaws.com", ("emr-serverless:CreateApplication", "emr-serverless:StartJobRun")),
    *_passed("tasks.apprunner.amazonaws.com", _at("apprunner:CreateService", "service/")),
    *_passed("iot.amazonaws.com", ("iot:CreateTopicRule",)),
    *_passed("transfer.amazonaws.com", ("transfer:CreateServer", "transfer:CreateUser")),
    *_passed("bedrock-agentcore.amazonaws.com", ("bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:InvokeCodeInterpreter")),
    # a role that something runs as
    _running("lambda.amazonaws.com", "lambda:UpdateFunctionCode", source="Rhino", supposes="a function that runs as the role"),
    _running("lambda.amazonaws.com", "lambda:UpdateFunctionConfiguration", source="Rhino", supposes="a function that runs as the role"),
    _running(
        "ec2.amazonaws.com",
        f"ssm:SendCommand {_INSTANCE}",
        f"ssm:SendCommand {_DOCUMENT}",
        source="Rhino",
        supposes="a managed instance that runs as the role",
    ),
    _running("ec2.amazonaws.com", f"ssm:StartSession {_INSTANCE}", source="Rhino", supposes="a managed instance that runs as the role"),
    _running(
        "ec2.amazonaws.com", "ec2-instance-connect:SendSSHPublicKey", source="Bishop Fox", supposes="a reachable instance with the role"
    ),
    _running(
        "ec2.amazonaws.com",
        *(f"ec2:{action} {_INSTANCE}" for action in ("ModifyInstanceAttribute", "StopInstances", "StartInstances")),
        source="Bishop Fox",
        supposes="an instance that runs as the role",
    ),
    _running(
        "ecs-tasks.amazonaws.com",
        *_at("ecs:ExecuteCommand", "cluster/", "task/"),
        source="AWS",
        supposes="a task that runs as the role and lets commands in",
    ),
    _running("glue.amazonaws.com", "glue:UpdateDevEndpoint", source="Rhino", supposes="a development endpoint that runs as the role"),
    _running("codebuild.amazonaws.com", "codebuild:StartBuild", source="AWS", supposes="a build project that runs as the role"),
    _running(
        "sagemaker.amazonaws.com",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        source="Bishop Fox",
        supposes="a notebook that runs as the role",
    ),
    _running("cloudformation.amazonaws.com", "cloudformation:UpdateStack", source="Bishop Fox", supposes="a stack that has the role"),
    _running(
        "states.amazonaws.com", "states:UpdateStateMachine", "states:StartExecution", source="AWS", supposes="a machine with the role"
    ),
    # its own permissions
    _iam("CreatePolicyVersion", Gain.OWN_POLICY),
    _iam("SetDefaultPolicyVersion", Gain.OWN_VERSION),
    _iam("AttachUserPolicy", Gain.OWN_USER),
    _iam("PutUserPolicy", Gain.OWN_USER),
    _iam("AttachGroupPolicy", Gain.OWN_GROUP),
    _iam("PutGroupPolicy", Gain.OWN_GROUP),
    _iam("AttachRolePolicy", Gain.OWN_ROLE),
    _iam("PutRolePolicy", Gain.OWN_ROLE),
    _iam("DeleteUserPermissionsBoundary", Gain.OWN_BOUNDARY, "AWS"),
    _iam("PutUserPermissionsBoundary", Gain.OWN_BOUNDARY, "AWS"),
    _iam("DeleteRolePermissionsBoundary", Gain.OWN_BOUNDARY, "AWS"),
    _iam("PutRolePermissionsBoundary", Gain.OWN_BOUNDARY, "AWS"),
    # somebody else's
    _iam("AddUserToGroup", Gain.GROUP),
    _iam("CreateAccessKey", Gain.USER),
    _iam("CreateLoginProfile", Gain.USER),
    _iam("UpdateLoginProfile", Gain.USER, supposes="a password that the user has"),
    _iam("UpdateAssumeRolePolicy", Gain.ROLE),
)
