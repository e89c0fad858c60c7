namespace Vexa.IntegrationTests.Drivers;

/// <summary>One stack for all tests that do not break it.</summary>
public sealed class StackFixture : IAsyncLifetime
{
    public RunningStack Stack { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stack = await RunningStack.Start();

    public ValueTask DisposeAsync() => Stack is null ? ValueTask.CompletedTask : Stack.DisposeAsync();
}

[CollectionDefinition(nameof(SharedStack))]
public sealed class SharedStack : ICollectionFixture<StackFixture>;
