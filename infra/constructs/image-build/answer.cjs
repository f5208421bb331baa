// Answers CloudFormation for Custom::CairnImage: starts a build, and tells how it ended once EventBridge says so.
const { BatchGetBuildsCommand, CodeBuildClient, StartBuildCommand } = require('@aws-sdk/client-codebuild');
const { DescribeImagesCommand, ECRClient } = require('@aws-sdk/client-ecr');

exports.handler = async (event) => (event.RequestType ? requested(event) : ended(event.detail['build-id']));

async function requested(event) {
  const { RequestType, ResourceProperties: wanted } = event;
  const { ResponseURL, StackId, RequestId, LogicalResourceId } = event;
  const PhysicalResourceId = `${wanted.Repository}:${wanted.Tag}`;
  const to = { ResponseURL, StackId, RequestId, LogicalResourceId, PhysicalResourceId };
  try {
    // Nothing is taken away: runs that are under way, and a deployment that goes back, need what was there.
    if (RequestType === 'Delete' || (await isThere(wanted))) return await answer(to, 'SUCCESS');
    await new CodeBuildClient().send(
      new StartBuildCommand({
        projectName: wanted.Project,
        environmentVariablesOverride: [{ name: 'ANSWER', value: JSON.stringify(to) }],
      }),
    );
  } catch (error) {
    await answer(to, 'FAILED', `The build of ${PhysicalResourceId} could not be started: ${error.message}`);
  }
}

async function isThere({ Repository, Tag }) {
  const imageIds = [{ imageTag: Tag }];
  try {
    await new ECRClient().send(new DescribeImagesCommand({ repositoryName: Repository, imageIds }));
    return true;
  } catch (error) {
    if (error.name === 'ImageNotFoundException') return false;
    throw error;
  }
}

async function ended(id) {
  const { builds } = await new CodeBuildClient().send(new BatchGetBuildsCommand({ ids: [id] }));
  const build = builds[0];
  const asked = build.environment.environmentVariables.find(({ name }) => name === 'ANSWER');
  // Started by hand: nobody waits.
  if (!asked) return;
  const to = JSON.parse(asked.value);
  if (build.buildStatus === 'SUCCEEDED') return answer(to, 'SUCCESS');
  const why = build.phases
    .filter(({ phaseStatus }) => phaseStatus && phaseStatus !== 'SUCCEEDED')
    .map(({ phaseType, phaseStatus, contexts = [] }) =>
      [`${phaseType} ${phaseStatus}`, ...contexts.map(({ message }) => message)].filter(Boolean).join(': '),
    );
  const reason = [`The image ${to.PhysicalResourceId} could not be built (${build.buildStatus})`, ...why];
  await answer(to, 'FAILED', `${reason.join('; ').slice(0, 1500)}. Its log: ${build.logs?.deepLink}`);
}

async function answer({ ResponseURL, ...to }, Status, Reason = 'See the log.') {
  const body = JSON.stringify({ ...to, Status, Reason });
  // Presigned without a content type: with one, S3 would refuse it.
  const told = await fetch(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
  if (!told.ok) throw new Error(`CloudFormation's address answers ${told.status}`);
}
