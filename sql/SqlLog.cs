using Microsoft.Extensions.Logging;

namespace OtelOrleans.Sql;

/// <summary>What this project logs. Event ids 2000 to 2999.</summary>
internal static partial class SqlLog
{
    [LoggerMessage(2000, LogLevel.Information, "Applied migration {Script} to {Database}")]
    public static partial void MigrationApplied(ILogger logger, string script, string database);

    [LoggerMessage(2001, LogLevel.Debug, "The schema of {Database} is up to date")]
    public static partial void SchemaUpToDate(ILogger logger, string database);

    [LoggerMessage(2002, LogLevel.Debug, "Migration: {Message}")]
    public static partial void MigrationProgress(ILogger logger, string message, Exception? exception);

    [LoggerMessage(2010, LogLevel.Information, "Made {Leaves} partitions of {Table} up to {LastDay}")]
    public static partial void PartitionsMade(ILogger logger, int leaves, string table, DateOnly lastDay);

    [LoggerMessage(2011, LogLevel.Warning, "Upkeep cannot {Action} of {Table} now and tries again later: {Reason}")]
    public static partial void UpkeepPutOff(ILogger logger, string action, string table, string reason);

    [LoggerMessage(2012, LogLevel.Information, "Dropped {Leaves} partitions of {Table} before {FirstKept}")]
    public static partial void PartitionsDropped(ILogger logger, int leaves, string table, DateOnly firstKept);

    [LoggerMessage(2013, LogLevel.Warning, "Upkeep could not {What} and tries again: {Reason}")]
    public static partial void UpkeepFailed(ILogger logger, string what, string reason);

    [LoggerMessage(2020, LogLevel.Warning, "The ledger fenced {Fenced} of {Flushes} flushes, among them that of service {ServiceName}: somebody else wrote its rows. Nothing is lost")]
    public static partial void Fenced(ILogger logger, int fenced, int flushes, string serviceName);

    [LoggerMessage(2021, LogLevel.Warning, "Postgres was lost while {Flushes} flushes were committed; the ledger will tell whether they are stored")]
    public static partial void CommitUnknown(ILogger logger, Exception exception, int flushes);

    [LoggerMessage(2022, LogLevel.Warning, "Postgres refuses a row of service {ServiceName} with SQLSTATE {SqlState}: {Reason}")]
    public static partial void Refused(ILogger logger, string serviceName, string? sqlState, string reason);

    [LoggerMessage(2023, LogLevel.Error, "Rows wait because the schema is not right: {Reason}")]
    public static partial void SchemaProblem(ILogger logger, string reason);

    [LoggerMessage(2024, LogLevel.Warning, "Writing to {Database} is interrupted: {Reason}. Rows wait, nothing is lost")]
    public static partial void WritingInterrupted(ILogger logger, Exception exception, string database, string reason);

    [LoggerMessage(2025, LogLevel.Debug, "Writing is still interrupted, {Flushes} flushes go on waiting: {Reason}")]
    public static partial void StillInterrupted(ILogger logger, int flushes, string reason);

    [LoggerMessage(2026, LogLevel.Information, "Writing to {Database} goes on")]
    public static partial void WritingAgain(ILogger logger, string database);

    [LoggerMessage(2030, LogLevel.Error, "Kafka no longer has {Topic}/{Partition} from offset {FromOffset} to {ToOffset} ({Reason}): these records are lost")]
    public static partial void OffsetGap(ILogger logger, string topic, int partition, long fromOffset, long toOffset, string reason);
}
