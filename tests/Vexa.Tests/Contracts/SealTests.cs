using Vexa.Cli.Contracts;

namespace Vexa.Tests.Contracts;

/// <summary>What is sealed stays as it is, or grows; what was given up stays away. Tried on a copy of the repository's contracts.</summary>
public sealed class SealTests : IDisposable
{
    private readonly string _repository = Directory.CreateTempSubdirectory("vexa-contracts-").FullName;

    public SealTests()
    {
        foreach (var file in Directory.GetFiles(Repository.Path("contracts"), "*", SearchOption.AllDirectories).Append(Repository.Path("contracts.seal.json")))
        {
            var copy = Path.Combine(_repository, Path.GetRelativePath(Repository.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public void Dispose() => Directory.Delete(_repository, recursive: true);

    [Fact]
    public void A_schema_that_changes_without_a_seal_is_found()
    {
        Change("\"maxItems\": 16", "\"maxItems\": 32");

        Assert.Equal(["api.v1"], new Seals(_repository).Check(Contracts).Select(f => f.Contract));
        Assert.Empty(new Seals(_repository).Breaks(Contract, Contracts));
        new Seals(_repository).Seal(Contract);
        Assert.Empty(new Seals(_repository).Check(Contracts));
    }

    [Theory]
    [InlineData("\"maxItems\": 16", "\"maxItems\": 8", "workspaces: maxItems is 8")]
    [InlineData("\"required\": [\"prompt\"]", "\"required\": [\"prompt\", \"session\"]", "session: the field is required now")]
    [InlineData("\"turn_id\": {", "\"turn_no\": {", "turn_id: the field is gone")]
    [InlineData("\"ChatRequest\": {", "\"ChatOrder\": {", "ChatRequest: the shape is gone")]
    public void A_change_that_breaks_is_named(string what, string by, string named)
    {
        Change(what, by);
        Assert.Contains(new Seals(_repository).Breaks(Contract, Contracts), text => text.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void A_sealed_copy_that_was_tampered_with_is_found()
    {
        File.AppendAllText(Contract.SealedFile, " ");
        Assert.Equal(["its sealed copy is not what the seal says"], new Seals(_repository).Check(Contracts).Select(f => f.Text));
    }

    [Fact]
    public void Without_the_copy_that_was_sealed_nothing_is_sealed_anew()
    {
        Change("\"required\": [\"prompt\"]", "\"required\": [\"prompt\", \"session\"]");
        File.Copy(Contract.SchemaFile, Contract.SealedFile, overwrite: true);
        Assert.Equal(["api.v1: its sealed copy is not what the seal says"], new Seals(_repository).Breaks(Contract, Contracts));
        File.Delete(Contract.SealedFile);
        Assert.Equal(["api.v1: its sealed copy is not what the seal says"], new Seals(_repository).Breaks(Contract, Contracts));
    }

    [Fact]
    public void A_contract_that_goes_takes_its_seal_with_it_or_is_found()
    {
        Directory.Delete(Path.Combine(_repository, "contracts", "ws.v1"), recursive: true);
        Assert.Equal(["ws.v1"], new Seals(_repository).Check(Contracts).Select(f => f.Contract));
    }

    [Theory]
    [InlineData("contracts/event.v1/event.schema.json", "{}", "event.v1")]
    [InlineData("contracts/unit.v1/more.json", "{\"see\":\"task.v1\"}", "task.v1")]
    [InlineData("src/Gate.cs", "class ContentGate;", "workspace content gate")]
    [InlineData("terminal/src/gate.ts", "const content_gate = 1", "workspace content gate")]
    public void What_was_given_up_does_not_come_back_unseen(string file, string text, string named)
    {
        Assert.Empty(Retired.Check(_repository));
        var path = Path.Combine(_repository, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);

        Assert.Contains(named, Retired.Check(_repository).Select(f => f.Contract));
    }

    private IReadOnlyList<ContractFolder> Contracts => ContractFolder.All(_repository);

    private ContractFolder Contract => Contracts.Single(c => c.Name == "api.v1");

    private void Change(string what, string by)
    {
        var text = File.ReadAllText(Contract.SchemaFile);
        Assert.Contains(what, text, StringComparison.Ordinal);
        File.WriteAllText(Contract.SchemaFile, text.Replace(what, by, StringComparison.Ordinal));
    }
}
