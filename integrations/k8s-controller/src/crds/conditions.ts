// Conditions as custom resources carry them, and the types that the controller sets (contract 1.3.2, 1.6).
import { z } from 'zod';

/** One condition of a status. */
export const conditionSchema = z.object({
  type: z.string().max(316).meta({ description: 'What the condition is about.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
  reason: z.string().min(1).max(1024).meta({ description: 'Why, as one word for programs.' }),
  message: z.string().max(32768).meta({ description: 'Why, as a sentence for people.' }),
  lastTransitionTime: z.string().meta({ description: 'Since when the status is what it is.', format: 'date-time' }),
  observedGeneration: z.int().min(0).optional().meta({ description: 'The generation of the resource that this was said about.' }),
});

/** A condition. */
export type Condition = z.infer<typeof conditionSchema>;

/** A list of conditions, one per type. */
export const conditionList = z.array(conditionSchema).meta({
  'description': 'What is known about the resource.',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
});

/** What a condition says, before it is known when that changed. */
export type Finding = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;
