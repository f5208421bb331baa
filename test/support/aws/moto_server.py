"""moto's server with the defects of 5.2.1 worked around that stand between it and our workflows.

usage: moto_server.py PORT; 0 takes one that is free. It prints the port once it listens. With MOTO_PORT set to a proxy's port, what the Step Functions interpreter calls goes
through that proxy: that is how functions and jobs become processes of this machine.
"""
import copy
import datetime
import functools
import json
import os
import sys
import threading
from types import SimpleNamespace

import boto3
import botocore.session
from botocore import xform_name
from moto import backends
from moto.core.exceptions import AWSError
from moto.core.responses import EmptyResult
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.responses import S3Response
from moto.stepfunctions import responses
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser import models as parser
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_batch,
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch import (
    StateTaskServiceBatch,
)
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import boto_client, json_path
from moto.stepfunctions.parser.backend import execution
from werkzeug.serving import WSGIRequestHandler, make_server

session = botocore.session.get_session()


# --- speed ------------------------------------------------------------------------------------------------------

# Parsing a definition, and each of its paths at each visit, takes longer than all of its steps. What is parsed keeps
# nothing of an execution: the items of a Map share it already.
remember = functools.lru_cache(maxsize=4096)
AmazonStateLanguageParser.parse = staticmethod(remember(AmazonStateLanguageParser.parse))
json_path.parse = remember(json_path.parse)
result_path.parse = remember(result_path.parse)

# Looked up on the disk for each request.
modules = list(backends.list_of_moto_modules())
backends.list_of_moto_modules = lambda: modules

# A line in colours for each request, which nobody reads.
WSGIRequestHandler.log_request = lambda *arguments, **options: None


# --- what a task sends and gets ---------------------------------------------------------------------------------


@remember
def operation_of(service, action):
    model = session.get_service_model(service)
    for name in model.operation_names:
        if xform_name(name) == action:
            return model.operation_model(name)
    return None


def shape_of(task, service, action, which):
    """The botocore shape of what a task sends or gets, None if it has none."""
    operation = operation_of(task._get_boto_service_name(service), task._get_boto_service_action(action))
    return operation and getattr(operation, which)


# Parameters and results keep the case of the service's API: batch:submitJob.sync fails with KeyError otherwise.
def normalise_parameters(self, parameters, boto_service_name=None, service_action_name=None):
    shape = shape_of(self, boto_service_name, service_action_name, "input_shape")
    if shape is not None:
        self._to_boto_request(parameters, shape)


def normalise_response(self, response, boto_service_name=None, service_action_name=None):
    shape = shape_of(self, boto_service_name, service_action_name, "output_shape")
    if shape is not None:
        self._from_boto_response(response, shape)


state_task_service.StateTaskService._normalise_parameters = normalise_parameters
state_task_service.StateTaskService._normalise_response = normalise_response

# EcsPropertiesOverride is younger than moto's list of parameters, which drops what it does not know.
state_task_service_batch._SUPPORTED_API_PARAM_BINDINGS["submitjob"].add("EcsPropertiesOverride")
attach_variables = StateTaskServiceBatch._attach_aws_environment_variables


# A job definition with ecsProperties refuses container overrides: the variable goes where the others are.
def attach_to_containers(parameters):
    override = parameters.get("EcsPropertiesOverride")
    if override is None:
        return attach_variables(parameters)
    for task in override.get("TaskProperties", []):
        for container in task.get("Containers", []):
            container.setdefault("Environment", []).append(
                {"Name": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
            )


StateTaskServiceBatch._attach_aws_environment_variables = staticmethod(attach_to_containers)

# A client per call costs more than the call. They are safe to share between threads, making one is not.
clients = {}
making = threading.Lock()


def client(**options):
    key = (options["service_name"], options["region_name"])
    with making:
        if key not in clients:
            clients[key] = boto3.client(**options)
    return clients[key]


boto_client.boto3 = SimpleNamespace(client=client)

# How often a .sync task looks whether its job has ended, in seconds.
state_task_service_callback._DELAY_SECONDS_SYNC_CONDITION_CHECK = 0.05


# --- executions -------------------------------------------------------------------------------------------------

# A second StartExecution dies with "cannot pickle '_thread.RLock' object".
StateMachine.__deepcopy__ = lambda self, memo: copy.copy(self)

# An execution is listed a moment before it has a status, and two starts of one name race.
execution.Execution.status = property(lambda self: (self.exec_status or ExecutionStatus.RUNNING).value)
starting = threading.Lock()
start_execution = parser.StepFunctionsParserBackend.start_execution


def start_one_at_a_time(self, *arguments, **options):
    with starting:
        return start_execution(self, *arguments, **options)


parser.StepFunctionsParserBackend.start_execution = start_one_at_a_time


# An execution that was stopped stayed RUNNING until its task ended, and was FAILED then.
def stop(self, stop_date, error, cause):
    if self.exec_status != ExecutionStatus.RUNNING:
        return
    self.exec_status = ExecutionStatus.ABORTED
    self.stop_date, self.error, self.cause = stop_date, error, cause
    env = self.exec_worker.env
    if env is None:
        return
    env.set_stop(stop_date=stop_date, error=error, cause=cause)
    for endpoint in list(env.callback_pool_manager._pool.values()):
        endpoint.interrupt_all()


reflect = execution.BaseExecutionWorkerCommunication._reflect_execution_status


# An output that is a text was answered without its quotes.
def reflect_unless_stopped(self):
    if self.execution.exec_status == ExecutionStatus.ABORTED:
        return
    reflect(self)
    if self.execution.exec_status == ExecutionStatus.SUCCEEDED:
        self.execution.output = json.dumps(self.execution.output)


execution.Execution.stop = stop
execution.BaseExecutionWorkerCommunication._reflect_execution_status = reflect_unless_stopped


# Error and cause of a stop were dropped.
def stop_execution(self):
    arn = self._get_param("executionArn")
    stopped = self.stepfunction_backend.describe_execution(arn)
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    stopped.stop(now, self._get_param("error"), self._get_param("cause"))
    return responses.ActionResult({"stopDate": stopped.stop_date})


responses.StepFunctionResponse.stop_execution = stop_execution

build_resolver = StateTaskServiceBatch._build_sync_resolver
wait_for_job = StateTaskServiceBatch._eval_sync


# Step Functions terminates the job of a task that is not awaited any more: stopped, or out of time.
def remember_job(self, env, **options):
    env.batch_job = env.stack[-1]["JobId"]
    return build_resolver(self, env=env, **options)


def terminate_unawaited(self, env, **options):
    result = wait_for_job(self, env=env, **options)
    if result is None:
        region = env.aws_execution_details.region
        reason = "Terminated by Step Functions: its task is not awaited any more"
        boto_client.boto_client_for(service="batch", region=region).terminate_job(jobId=env.batch_job, reason=reason)
    return result


StateTaskServiceBatch._build_sync_resolver = remember_job
StateTaskServiceBatch._eval_sync = terminate_unawaited


# --- task tokens ------------------------------------------------------------------------------------------------

answering = threading.Lock()


# The interpreter's own errors have no type that a client could read.
class TaskTimedOut(AWSError):
    TYPE = "TaskTimedOut"
    STATUS = 400


class InvalidToken(AWSError):
    TYPE = "InvalidToken"
    STATUS = 400


# A second answer was taken as well; who waits no more has timed out.
def answer(self, task_token, outcome):
    for one in self._get_executions():
        env = one.exec_worker and one.exec_worker.env
        endpoint = env and env.callback_pool_manager.get(task_token)
        if not endpoint:
            continue
        with answering:
            if one.status != ExecutionStatus.RUNNING.value or endpoint._notify_event.is_set():
                raise TaskTimedOut("Task Timed Out: 'Provided task does not exist anymore'")
            endpoint.notify(outcome=outcome)
        return
    raise InvalidToken("Invalid Token: 'Invalid token'")


# The cause of a failed task was dropped.
def send_task_failure(self):
    token = self._get_param("taskToken")
    error, cause = self._get_param("error"), self._get_param("cause")
    answer(self.stepfunction_backend, token, callback.CallbackOutcomeFailure(token, error, cause))
    return EmptyResult()


def send_task_success(self):
    token = self._get_param("taskToken")
    answer(self.stepfunction_backend, token, callback.CallbackOutcomeSuccess(token, self._get_param("output")))
    return EmptyResult()


responses.StepFunctionResponse.send_task_failure = send_task_failure
responses.StepFunctionResponse.send_task_success = send_task_success

# --- the table and the buckets ----------------------------------------------------------------------------------

# A condition was tested first and the change made afterwards, and each request has a thread: of 40 that raced for one
# item, or one key, two won now and then. AWS makes such changes one at a time.
def one_at_a_time(call):
    lock = threading.Lock()

    @functools.wraps(call)
    def wait_and_call(*arguments):
        with lock:
            return call(*arguments)

    return wait_and_call


DynamoHandler.call_action = one_at_a_time(DynamoHandler.call_action)
S3Response.put_object = one_at_a_time(S3Response.put_object)

# --- the server -------------------------------------------------------------------------------------------------

app = DomainDispatcherApplication(create_backend_app)
app.debug = True
server = make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True)
os.environ.setdefault("MOTO_PORT", str(server.port))
print(server.port, flush=True)
server.serve_forever()
