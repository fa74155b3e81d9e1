using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using OtelOrleans.Tests.Infrastructure;

namespace OtelOrleans.Tests.Pipeline;

/// <summary>The grain client that README shows.</summary>
public sealed class ReadmeClientTests
{
    /// <summary>What README says that a client needs, and the class library. Nothing else of ours.</summary>
    private static readonly string[] s_allowed = ["System", "mscorlib", "netstandard", "Microsoft.Extensions.", "Orleans.", "Npgsql", "OtelOrleans.GrainInterfaces"];

    /// <summary>What the SDK brings in by itself.</summary>
    private const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks; global using Orleans;";

    [Fact]
    public void Client_in_the_readme_compiles_against_the_packages_that_it_names()
    {
        var code = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n").Split("```csharp\n").Single(b => b.Contains("IPipelineGrain", StringComparison.Ordinal)).Split("\n```")[0];
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Array.Exists(s_allowed, a => Path.GetFileName(path).StartsWith(a, StringComparison.Ordinal)))
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "client",
            [CSharpSyntaxTree.ParseText(code, cancellationToken: TestContext.Current.CancellationToken), CSharpSyntaxTree.ParseText(ImplicitUsings, cancellationToken: TestContext.Current.CancellationToken)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));

        var problems = compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(d => d.Severity >= DiagnosticSeverity.Warning);

        Assert.Empty(problems.Select(d => d.ToString()));
    }
}
