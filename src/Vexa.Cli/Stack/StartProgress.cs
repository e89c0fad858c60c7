using Spectre.Console;

namespace Vexa.Cli.Stack;

/// <summary>Shows a stack as it starts: a line for each role when it is healthy, and what is being waited for.</summary>
internal sealed class StartProgress(IAnsiConsole console)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Runs <paramref name="start"/> below a spinner.</summary>
    public Task<T> Show<T>(Func<Action<StackState>, Task<T>> start) => console.Status()
        .Spinner(Spinner.Known.Dots)
        .StartAsync("Starting the stack", status => start(state => Tell(status, state)));

    private void Tell(StatusContext status, StackState state)
    {
        lock (_told)
        {
            foreach (var role in state.Roles)
            {
                if (role.Phase != RolePhase.Healthy || !_told.Add(role.Name))
                    continue;
                console.MarkupLineInterpolated($"  [green]✓[/] {role.Name,-10} [grey]{role.HealthyAfterMs} ms[/]");
            }

            var waiting = state.Roles.Where(role => role.Phase == RolePhase.Starting).Select(role => role.Name).ToList();
            if (waiting.Count > 0)
                status.Status($"Starting {string.Join(", ", waiting)}".EscapeMarkup());
        }
    }
}
