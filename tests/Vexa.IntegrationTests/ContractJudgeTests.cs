using System.Diagnostics;
using System.Text.Json;

namespace Vexa.IntegrationTests;

/// <summary>The contracts before a judge that is not ours: ajv for schemas and documents, Redocly for the API description.</summary>
public sealed class ContractJudgeTests
{
    [Fact]
    public async Task Ajv_accepts_and_refuses_what_we_do_and_the_api_description_is_well_formed()
    {
        var folder = Directory.CreateTempSubdirectory("vexa-judge-").FullName;
        try
        {
            foreach (var file in Directory.GetFiles(Repository.Path("tests", "contracts-judge")))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));

            await Run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            using var verdict = JsonDocument.Parse(await Run(folder, "node", "judge.mjs", Repository.Root));

            Assert.Empty(verdict.RootElement.GetProperty("findings").EnumerateArray().Select(f => f.ToString()));
            var ours = Vexa.Cli.Contracts.Verification.Of(Repository.Root);
            Assert.Equal((ours.Goldens, ours.Faults), (verdict.RootElement.GetProperty("golden").GetInt32(), verdict.RootElement.GetProperty("rejected").GetInt32()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> Run(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return await output;
    }
}
