using OtelOrleans.Silo.Hosting;
using OtelOrleans.Sql.Copy;
using OtelOrleans.Sql.DeadLetters;

namespace OtelOrleans.Silo.Commands;

/// <summary>Writes payloads of dead letters to files.</summary>
internal sealed class DeadLetterExport(DeadLetterStore store, TextWriter output)
{
    /// <summary>Writes each payload to a file of its own; one that is there already stays as it is.</summary>
    public async Task<int> RunAsync(DeadLetterFilter filter, DirectoryInfo folder, CancellationToken cancellationToken)
    {
        folder.Create();
        var skipped = 0;
        foreach (var letter in await store.ListAsync(filter with { IncludeClosed = filter.Ids is { Count: > 0 } }, int.MaxValue, cancellationToken))
        {
            if (await store.PayloadAsync(letter.Id, cancellationToken) is not { } payload)
            {
                await output.WriteLineAsync($"{letter.Id}: its payload was dropped");
                skipped++;
                continue;
            }

            var path = Path.Combine(folder.FullName, NameOf(letter));
            try
            {
                await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
                await file.WriteAsync(payload, cancellationToken);
            }
            catch (IOException) when (File.Exists(path))
            {
                await output.WriteLineAsync($"{letter.Id}: {path} is there already");
                skipped++;
                continue;
            }

            await output.WriteLineAsync($"{letter.Id}: {path}{(letter.ContentEncoding is { } encoding ? $" (produce it with --header content-encoding={encoding})" : "")}");
        }

        return skipped == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>The signal stands in the name, where <c>produce</c> looks for it. A row is no payload: it is named by its number and table.</summary>
    private static string NameOf(DeadLetter letter)
    {
        var topic = string.Concat(letter.Topic.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_'));
        var record = $"{topic}-{letter.Partition}-{letter.Offset}";
        return letter.RowLayout is { } layout
            ? $"{record}-row{letter.Id}.{(CopyLayouts.TryGet(layout, out var known) ? known.Table : $"layout{layout}")}"
            : $"{record}{(letter.ItemIndex is { } item ? $"-{item}" : "")}.{letter.Signal}";
    }
}
