using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Vexa.Cli.Attack;
using Vexa.Cli.Client;
using Vexa.Cli.Contracts;
using Vexa.Cli.Demo;
using Vexa.Cli.Images;
using Vexa.Cli.Receipts;
using Vexa.Cli.Rehearsal;
using Vexa.Cli.Roles;
using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Cli.Storage;
using Vexa.Cli.Testing;
using Vexa.Contracts;

namespace Vexa.Cli.Commands;

/// <summary>Every command of <c>vexa</c>, in the order in which help shows them (those of our own roles and of contributors it does not), and how their failures end.</summary>
internal sealed class CommandTree
{
    /// <summary>1: a failure that nobody expected comes with its stack trace.</summary>
    public const string DebugVariable = "VEXA_DEBUG";

    private readonly RootCommand _root;

    private CommandTree(IReadOnlyList<CommandGroup> groups, IReadOnlyList<Command> hidden)
    {
        Groups = groups;
        _root = new RootCommand("Coding agents as isolated, streamed, resumable work over git workspaces.");
        foreach (var command in groups.SelectMany(group => group.Commands))
            _root.Add(command);
        foreach (var command in hidden)
        {
            command.Hidden = true;
            _root.Add(command);
        }

        var help = new HelpScreenAction(this);
        foreach (var option in _root.Options.OfType<HelpOption>())
            option.Action = help;
        var of = new Argument<string[]>("command") { Arity = ArgumentArity.ZeroOrMore };
        var helpCommand = new Command("help", "This screen.") { of };
        helpCommand.Hidden = true;
        helpCommand.SetAction((parsed, _) => parsed.GetValue(of) is { Length: > 0 } words ? Run([.. words, "--help"]) : Task.FromResult(help.Show()));
        _root.Add(helpCommand);
        _root.SetAction((_, _) => Task.FromResult(help.Show()));
    }

    public IReadOnlyList<CommandGroup> Groups { get; }

    public static CommandTree Create() => new(
        [
            new("Agents", [AskCommand.Create(), ChatCommand.Create(), RunCommands.Runs(), RunCommands.Show(), RunCommands.Events(), RunCommands.Cancel(), UndoCommand.Create(), WorkspacesCommand.Create(), VerifyCommand.Create()]),
            new("Stack", [new("Start the stack, or stop it; up --detach goes on.", UpCommand.Create(), DownCommand.Create()), StatusCommand.Create(), LogsCommand.Create(), new("API tokens, keys that seal: token new, key rotate.", TokenCommand.Create(), KeyCommand.Create())]),
            new("Storage", [BackupCommand.Create(), RestoreCommand.Create(), ReindexCommand.Create()]),
            new("Machine", [DemoCommand.Create(), new("What is wrong and what mends it; setup installs it.", DoctorCommand.Create(), SetupCommand.Create()), AgentImage.Create(), AttackCommand.Create()]),
        ],
        [.. RoleHost.Commands(), TestCommand.Create(), ContractsCommand.Create(), RehearsalCommand.Create()]);

    /// <summary>Parses, runs, and turns every failure into its text and exit code.</summary>
    public async Task<int> Run(IReadOnlyList<string> args)
    {
        var parsed = _root.Parse(args);
        using var cursor = new CursorGuard();
        // Of a command that is not known, no option is known either.
        if ((parsed.CommandResult.Command != _root || args is [['-', ..], ..]) && FindUnknownOption(parsed) is { } unknown)
            return Terminal.Of(parsed).Fail(Faults.Input("usage", $"There is no option {unknown}.", $"See: vexa {PathOf(parsed.CommandResult)} --help. What begins with - and is no option goes behind a --."));

        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction and not HelpScreenAction)
        {
            var name = parsed.CommandResult.Command == _root ? "vexa help" : $"vexa {PathOf(parsed.CommandResult)} --help";
            return Terminal.Of(parsed).Fail(new VexaException(Stage.Request, Party.Caller, "usage",
                string.Join(' ', parsed.Errors.Select(error => Readable(error.Message)).Distinct()), $"See: {name}"));
        }

        try
        {
            // Signals are for the commands themselves: the stack needs longer than the two seconds that the library would grant.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (VexaException failure)
        {
            return Terminal.Of(parsed).Fail(failure);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (Exception fault)
        {
            // Where standard error is a log, as a role's is, it says all there is to say.
            if (Environment.GetEnvironmentVariable(DebugVariable) is "1" || Environment.GetEnvironmentVariable(StackPlan.SupervisorVariable) is { Length: > 0 })
                await Console.Error.WriteLineAsync(fault.ToString());
            return Terminal.Of(parsed).Fail(Faults.Unexpected(fault));
        }
    }

    // The library takes an option that it does not know for an argument: a misspelt one would be sent as the prompt.
    private static string? FindUnknownOption(ParseResult parsed)
    {
        if (parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash) || parsed.CommandResult.Command.Arguments.Any(argument => argument.Arity.MaximumNumberOfValues > 1))
            return null;

        var values = parsed.CommandResult.Children.OfType<OptionResult>().SelectMany(option => option.Tokens).ToHashSet();
        return parsed.Tokens.FirstOrDefault(token => token is { Type: TokenType.Argument, Value: ['-', _, ..] } && !values.Contains(token))?.Value;
    }

    // The library names the type that a value is not of; all that are not text are whole numbers.
    private static string Readable(string message) => message.Split(" as expected type ", 2) is [var what, var type] && type.Contains("Int", StringComparison.Ordinal) ? $"{what}: it is no whole number." : message;

    private static string PathOf(CommandResult result) => result.Parent is CommandResult { Parent: not null } parent ? $"{PathOf(parent)} {result.Command.Name}" : result.Command.Name;
}
