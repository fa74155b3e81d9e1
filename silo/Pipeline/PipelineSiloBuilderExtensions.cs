using Orleans.Hosting;

namespace OtelOrleans.Silo.Pipeline;

/// <summary>Registers what tells of the pipeline.</summary>
internal static class PipelineSiloBuilderExtensions
{
    public static ISiloBuilder AddPipeline(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<PostgresWatch>();
        silo.Services.AddHostedService(s => s.GetRequiredService<PostgresWatch>());
        silo.Services.AddSingleton<ClusterSilos>();
        silo.Services.AddHostedService(s => s.GetRequiredService<ClusterSilos>());
        silo.Services.AddSingleton<Throughput>();
        silo.Services.AddSingleton<LedgerFacts>();
        silo.Services.AddSingleton<SiloReporter>();
        silo.Services.AddSingleton<SiloPipelineClient>();
        silo.Services.AddSingleton<PipelineReader>();
        silo.Services.AddSingleton<PipelineControl>();
        return silo.AddGrainService<SiloPipelineService>();
    }
}
