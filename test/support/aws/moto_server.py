"""moto's server with the defects of 5.2.1 worked around that stand between it and our workflows.

usage: moto_server.py PORT. With MOTO_PORT set to a proxy's port, what the Step Functions interpreter calls goes
through that proxy: that is how functions and jobs become processes of this machine.
"""
import copy
import sys

import botocore.session
from botocore import xform_name
from moto.core.responses import EmptyResult
from moto.server import main
from moto.stepfunctions import responses
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
)

session = botocore.session.get_session()


def shape_of(task, service, action, which):
    """The botocore shape of what a task sends or gets, None if it has none."""
    model = session.get_service_model(task._get_boto_service_name(service))
    snake = task._get_boto_service_action(action)
    for name in model.operation_names:
        if xform_name(name) == snake:
            return getattr(model.operation_model(name), which)
    return None


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

# A second StartExecution dies with "cannot pickle '_thread.RLock' object".
StateMachine.__deepcopy__ = lambda self, memo: copy.copy(self)


# The cause of a failed task is dropped.
def send_task_failure(self):
    backend = self.stepfunction_backend
    arguments = {"error": self._get_param("error")}
    if "Parser" in type(backend).__name__:
        arguments["cause"] = self._get_param("cause")
    backend.send_task_failure(self._get_param("taskToken"), **arguments)
    return EmptyResult()


responses.StepFunctionResponse.send_task_failure = send_task_failure

main(["-H", "127.0.0.1", "-p", sys.argv[1]])
