using Vexa.Worker;

try
{
    var options = WorkerOptions.From(args, Environment.GetEnvironmentVariable(WorkerOrder.Variable));
    return await new TurnLoop(options, TimeProvider.System).Run();
}
catch (VexaException e) when (e.Rule == "worker-order")
{
    WorkerLog.Write(e.Message);
    return ExitCode.BadOrder;
}
