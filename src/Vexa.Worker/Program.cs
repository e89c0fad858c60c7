using Vexa.Worker;

try
{
    return await new TurnLoop(WorkerPaths.From(args), Environment.GetEnvironmentVariable(WorkerOrder.Variable), TimeProvider.System).Run();
}
catch (VexaException e) when (e.Rule == "worker-order")
{
    WorkerLog.Write(e.Message);
    return ExitCode.BadOrder;
}
