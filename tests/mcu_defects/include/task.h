/* Tasks of FreeRTOS: declarations only, written for these tests. */
#ifndef INC_TASK_H
#define INC_TASK_H

BaseType_t xTaskCreate(void (*code)(void *), const char *name, uint16_t depth, void *parameters, UBaseType_t priority,
                       TaskHandle_t *created);
void vTaskStartScheduler(void);
void vTaskDelay(TickType_t ticks);

#endif
