using System.CommandLine;
using System.Text.Json.Serialization;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Contracts;

/// <summary><c>vexa contracts verify | seal | describe</c>: the seams of the system, held to what was sealed.</summary>
internal static class ContractsCommand
{
    public static Command Create() => new("contracts", "Check the contracts, or seal one that has grown.") { Verify(), Seal(), Describe() };

    private static Command Verify()
    {
        var command = new Command("verify", "Schemas, examples, records and seals: do they agree?") { Terminal.JsonOption() };
        command.SetAction((parsed, _) =>
        {
            var terminal = Terminal.Of(parsed);
            var found = Verification.Of(ShippedFiles.Root);
            terminal.Result(new ContractsReport(found.Findings.Count == 0, found.Contracts, found.Shapes, found.Goldens, found.Faults, found.Findings), ContractsJson.Default.ContractsReport);
            foreach (var finding in found.Findings)
                terminal.Line($"{finding.Contract}  {finding.Check}: {finding.Text}");

            terminal.Line($"{found.Contracts} contracts, {found.Shapes} shapes: {found.Goldens} golden documents accepted, {found.Faults} faults refused, {found.Findings.Count} findings.");
            return Task.FromResult(found.Findings.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed);
        });
        return command;
    }

    private static Command Seal()
    {
        var name = new Argument<string>("name") { Description = "The contract: unit.v1." };
        var command = new Command("seal", "Seal a contract as it is now, if it has only grown.") { name };
        command.SetAction((parsed, _) =>
        {
            var contracts = ContractFolder.All(ShippedFiles.Root);
            var contract = contracts.FirstOrDefault(c => c.Name == parsed.GetValue(name))
                ?? throw new VexaException(Stage.Request, Party.Caller, "unknown-contract", $"There is no contract {parsed.GetValue(name)}.", $"They are: {string.Join(", ", contracts.Select(c => c.Name))}");
            Compile(contracts);
            var seals = new Seals(ShippedFiles.Root);
            if (seals.Breaks(contract, contracts) is { Count: > 0 } breaks)
                throw new VexaException(Stage.Request, Party.Caller, "contract-broken", $"{contract.Name} has not only grown: {string.Join("; ", breaks)}.",
                    "Take that back, or begin the next version in a folder of its own.");

            seals.Seal(contract);
            Terminal.Of(parsed).Line($"{contract.Name} is sealed.");
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static Command Describe()
    {
        var command = new Command("describe", "Write the API description, contracts/api.v1/openapi.json, anew.");
        command.SetAction((parsed, _) =>
        {
            File.WriteAllText(ApiDescription.FileOf(ShippedFiles.Root), ApiDescription.Compose(ContractFolder.All(ShippedFiles.Root)));
            Terminal.Of(parsed).Line("contracts/api.v1/openapi.json is written.");
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static void Compile(IReadOnlyList<ContractFolder> contracts)
    {
        try
        {
            ContractFolder.Compile(contracts);
        }
        catch (InvalidDataException bad)
        {
            throw new VexaException(Stage.Request, Party.Caller, "contract-schema", $"A schema is not one: {bad.Message}.", "See contracts/README.md for what a schema may say.", bad);
        }
    }
}

/// <summary>What <c>vexa contracts verify --json</c> prints.</summary>
internal sealed record ContractsReport(bool Ok, int Contracts, int Shapes, int Goldens, int Faults, IReadOnlyList<Finding> Findings);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ContractsReport))]
internal sealed partial class ContractsJson : JsonSerializerContext;
