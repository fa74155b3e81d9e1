using Microsoft.Extensions.Logging.Console;

namespace OtelOrleans.Silo.Hosting;

/// <summary>Logs: to stderr, for a person on a terminal, as JSON lines elsewhere.</summary>
internal static class Logs
{
    private static readonly string[] Frameworks = ["Orleans", "Microsoft", "Polly"];

    public static IServiceCollection AddLogs(this IServiceCollection services, LogOptions options) => services.AddLogging(logging =>
    {
        var least = options.Least ?? LogLevel.Information;
        logging.SetMinimumLevel(least);
        // Orleans' and ASP.NET's own news of every start and connection are for their developers.
        foreach (var category in Frameworks)
        {
            logging.AddFilter(category, least < LogLevel.Information ? least : (LogLevel)Math.Max((int)least, (int)LogLevel.Warning));
        }

        // At Warning it only recommends server GC, which costs more memory than it is worth here.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        // At Warning its first check complains of a delay as long as the machine has been up.
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        if (Console.IsErrorRedirected)
        {
            logging.AddJsonConsole(o => (o.UseUtcTimestamp, o.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        }
        else
        {
            logging.AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat) = (true, "HH:mm:ss "));
        }
    });
}
