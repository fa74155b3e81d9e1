using System.Text.RegularExpressions;
using OtelOrleans.Tests.Infrastructure;
using Xunit;

namespace OtelOrleans.Tests.House;

/// <summary>Migrations run while silos of the version before write and read: they add, and take nothing away. Bodies of functions, and statements that are stored for others, are not looked at; they run later.</summary>
public sealed partial class MigrationTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "sql", "Migrations");

    public static TheoryData<string> Scripts => [.. Directory.GetFiles(Folder, "*.sql").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Migration_takes_nothing_away_that_silos_of_the_version_before_need(string script)
    {
        var statements = Functions().Replace(Comments().Replace(File.ReadAllText(Path.Combine(Folder, script)), ""), "");

        Assert.Empty(Destructive().Matches(statements).Select(m => m.Value));
    }

    [Theory]
    [InlineData("alter table otel.spans drop column name;")]
    [InlineData("alter table otel.spans\n    alter column name type varchar(10);")]
    [InlineData("ALTER TABLE otel.spans ALTER name SET NOT NULL;")]
    [InlineData("alter table otel.spans rename column name to title;")]
    [InlineData("alter table otel.spans add constraint c check (kind < 6);")]
    [InlineData("alter table otel.spans add column weight integer not null;")]
    [InlineData("drop table if exists otel.spans;")]
    [InlineData("do $$ begin truncate otel.spans; end $$;")]
    [InlineData("delete from otel.spans;")]
    [InlineData("lock table otel.spans;")]
    [InlineData("create unique index on otel.spans (trace_id);")]
    public void What_would_hurt_them_is_found(string statement) => Assert.Matches(Destructive(), statement);

    [Theory]
    [InlineData("alter table otel.spans add column if not exists weight integer not null default 0;")]
    [InlineData("alter table otel.spans add column if not exists weight integer;")]
    [InlineData("create table otel.t (a integer not null, drop_count integer);")]
    public void What_they_do_not_notice_is_let_through(string statement) => Assert.DoesNotMatch(Destructive(), statement);

    [GeneratedRegex("--[^\n]*")]
    private static partial Regex Comments();

    [GeneratedRegex(@"(create\s+(or\s+replace\s+)?function\b.*?\$\$.*?\$\$|\$q\$.*?\$q\$)", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Functions();

    [GeneratedRegex(
        """
        \bdrop\s+(table|column|schema|view|function|type|constraint|index|trigger|not\s+null)\b
        | \btruncate\b | \bdelete\s+from\b | \block\s+table\b | \bcreate\s+unique\s+index\b | \brename\s+(to|column|constraint)\b
        | \balter\s+(column\s+)?\w+\s+(set\s+data\s+)?type\b | \bset\s+not\s+null\b | \bset\s+schema\b | \badd\s+(constraint|primary|unique|check|foreign)\b
        | \badd\s+column\s+(if\s+not\s+exists\s+)?\w+\s+[^;,]*\bnot\s+null\b(?![^;,]*\bdefault\b)
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Destructive();
}
